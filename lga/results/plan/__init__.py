"""Plan a sweep before it runs: what is missing, what is cached, how long the rest takes."""
