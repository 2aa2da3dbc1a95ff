"""PostgreSQL and Temporal from packages, run and watched as child processes in one data folder."""
