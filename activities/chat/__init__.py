"""Language models that write replies, each behind `domain.ports.ReplyModel`."""
