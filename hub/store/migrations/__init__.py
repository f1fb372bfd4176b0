"""What each release made of the tables. Shipped inside the package; `hub.store.migrate` runs it at every opening."""
