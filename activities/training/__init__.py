"""Fitting the classifier on the examples in resources: deterministic, figures on examples that were not learnt from.

scikit-learn is needed here and nowhere else: answering reads the weights with numpy.
"""
