"""The LangGraph state machine of one query: its state, its steps, its routers. Pure; runs in memory and in Temporal."""
