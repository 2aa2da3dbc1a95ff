"""The agents' console: pages that work without a script, a little script that keeps them fresh."""
