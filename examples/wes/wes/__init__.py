"""Running workflows: what the operations of the document do."""
