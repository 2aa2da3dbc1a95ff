"""Durable decisions and waiting. Nothing here touches the world: activities do.

House rule for all of this room: time is `workflow.now()`, chance is `workflow.random()`; a test looks for others.
"""
