"""Durable decisions and waiting. Nothing here touches the world: activities do."""
