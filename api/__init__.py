"""HTTP: the door for messages, the agents' reviews and their console. Knows no settings: `app` hands it its parts."""
