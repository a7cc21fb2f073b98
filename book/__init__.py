"""The site that `make docs` makes of the pages in `docs/`: what is built, how, and what is held to be true of it."""
