"""pymacaron: write the API as an OpenAPI document, bind a function to each operation, have a service."""
