"""What each step does to the world: models, orders, helpdesk, outbox, records."""
