"""From a question, passages and looked-up orders to a draft in the customer's language."""
