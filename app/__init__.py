"""The outermost room: settings, wiring, worker, web, command line and the embedded stack."""
