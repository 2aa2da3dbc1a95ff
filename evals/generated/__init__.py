"""Generated questions about the demo store whose required facts a program checks: what the confidence is fitted, \
calibrated and measured on."""
