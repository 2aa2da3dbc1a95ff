"""From the customer's words to intents, entities and the categories that always go to a person."""
