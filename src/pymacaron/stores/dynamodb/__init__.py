"""Items in Amazon DynamoDB, or in what speaks like it.

attributes.py    values as DynamoDB writes them
connection.py    the client of boto3, and its errors as ours
expressions.py   conditions and changes in DynamoDB's language
requests.py      writes and queries as what the client is called with
schema.py        tables made, and compared with what is there
store.py         the store
"""

from __future__ import annotations

from .store import DynamoStore

__all__ = ["DynamoStore"]
