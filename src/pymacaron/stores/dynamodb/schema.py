"""Tables of DynamoDB: made, compared with what is there, and gone."""

from __future__ import annotations

import time
from typing import Any

from pymacaron.exceptions import StoreDownError, TableMissingError
from pymacaron.stores.deadlines import left
from pymacaron.stores.tables import EXPIRES, Attribute, Index, Table

from .connection import ClientError, Connection, code_of

_PATIENCE = 300  # seconds for a table or an index to be made; an index of many items takes its time


def create(connection: Connection, table: Table) -> None:
    """
    Raises:
        ValueError: it cannot have that name, or is there already with another key.
    """
    table.check()
    definition: dict[str, Any] = {
        "TableName": table.name, "BillingMode": "PAY_PER_REQUEST", "KeySchema": _schema(table.partition, table.sort),
        "AttributeDefinitions": _definitions(table),
    }  # fmt: skip
    if table.indexes:
        definition["GlobalSecondaryIndexes"] = [_index(index) for index in table.indexes]
    try:
        connection.call("create_table", **definition)
    except ClientError as error:
        if code_of(error) != "ResourceInUseException":
            raise
        _add_indexes(connection, table)
    found = _settled(connection, table)
    if found["TableStatus"] == "ACTIVE":
        _let_expire(connection, table)


def _let_expire(connection: Connection, table: Table) -> None:
    """Have DynamoDB delete items some time after they have ended."""
    now = connection.call("describe_time_to_live", TableName=table.name)["TimeToLiveDescription"]["TimeToLiveStatus"]
    if now == "DISABLED":
        wanted = {"Enabled": True, "AttributeName": EXPIRES}
        connection.call("update_time_to_live", TableName=table.name, TimeToLiveSpecification=wanted)


def _schema(partition: Attribute, sort: Attribute | None) -> list[dict[str, str]]:
    kinds = [(partition, "HASH")] if sort is None else [(partition, "HASH"), (sort, "RANGE")]
    return [{"AttributeName": attribute.name, "KeyType": kind} for attribute, kind in kinds]


def _definitions(table: Table) -> list[dict[str, str]]:
    return [{"AttributeName": one.name, "AttributeType": one.kind} for one in dict.fromkeys(table.attributes())]


def _index(index: Index) -> dict[str, Any]:
    return {
        "IndexName": index.name,
        "KeySchema": _schema(index.partition, index.sort),
        "Projection": {"ProjectionType": "ALL"},
    }


def _add_indexes(connection: Connection, table: Table) -> None:
    """One after another, as DynamoDB wants it."""
    found = _settled(connection, table)
    if found["KeySchema"] != _schema(table.partition, table.sort):
        raise ValueError(f"{connection.place} has a table {table.name} with another key; drop_table() deletes it")
    for index in missing_indexes(found, table):
        connection.call(
            "update_table", TableName=table.name, AttributeDefinitions=_definitions(table),
            GlobalSecondaryIndexUpdates=[{"Create": _index(index)}],
        )  # fmt: skip
        _settled(connection, table)


def missing_indexes(found: dict[str, Any], table: Table) -> list[Index]:
    known = {index["IndexName"] for index in found.get("GlobalSecondaryIndexes", ())}
    return [index for index in table.indexes if index.name not in known]


def _settled(connection: Connection, table: Table) -> dict[str, Any]:
    """What is known of a table, once nothing of it is being made any more."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        found: dict[str, Any] = connection.call("describe_table", TableName=table.name)["Table"]
        states = [found["TableStatus"], *(one.get("IndexStatus") for one in found.get("GlobalSecondaryIndexes", ()))]
        if all(state in {"ACTIVE", None} for state in states):
            return found
        time.sleep(left(0.2))
    raise StoreDownError(f"{connection.place}: the table {table.name} is still not ready after {_PATIENCE} seconds")


def drop(connection: Connection, table: Table) -> None:
    try:
        connection.call("delete_table", TableName=table.name)
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            connection.call("describe_table", TableName=table.name)
            time.sleep(left(0.2))
    except TableMissingError:
        pass


def check(connection: Connection, table: Table) -> None:
    """
    Raises:
        TableMissingError: it is not there, or lacks an index.
    """
    found = connection.call("describe_table", TableName=table.name)["Table"]
    for index in missing_indexes(found, table):
        raise TableMissingError(
            f"{connection.place}: the table {table.name} lacks the index {index.name}; create_tables() creates it"
        )
