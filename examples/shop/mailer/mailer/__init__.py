"""The service that writes mails."""
