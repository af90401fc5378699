"""Long campaigns over many files: a seeded share runs with the tests, the whole of them with `make soak`."""
