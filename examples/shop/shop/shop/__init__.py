"""The shop's business: one module for each thing it does. What they keep is in db.py; whom they call is in customers.py
and mails.py."""
