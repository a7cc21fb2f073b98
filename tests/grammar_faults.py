# ruff: noqa: E501 - a case a row, so that they can be compared
"""Single faults: what is done to a valid document of grammar_documents.py, and what must be said of it, where."""

from __future__ import annotations

from typing import NamedTuple

import grammar_documents

V20, V30, V31, V32, PARTS = "SWAGGER_20", "OPENAPI_30", "OPENAPI_31", "OPENAPI_32", "PARTS"
DOCUMENTS = {name: getattr(grammar_documents, name) for name in (V20, V30, V31, V32, PARTS)}
FAULT, SOFT, WARNING = "faults", "soft", "warnings"


class Case(NamedTuple):
    """One thing done to a valid document, and what is said of it.

    `new` stands in place of `old`, which the document has once; § in it marks the place that must be reported.
    """

    document: str
    old: str
    new: str
    fact: str
    cure: str
    kind: str = FAULT
    more: int = 0  # other things that are wrong then, too
    hides: bool = False  # it keeps other faults from being seen


# fmt: off
CASES = [
    # Swagger 2.0: the document
    Case(V20, "swagger: '2.0'", "swagger: §2.0", "'2.0' is wanted, not 2.0", "put it in quotes"),
    Case(V20, "  title: Library\n", "  §titel: Library\n", "`title` is missing", "did you mean 'title' by 'titel'?"),
    Case(V20, "  title: Library\n  version: 1.0.0\n", "  §version: 1.0.0\n", "`title` is missing", "add `title:` with text"),
    Case(V20, "version: 1.0.0", "version: §1.0", "text is wanted, not 1.0", "put it in quotes"),
    Case(V20, "description: Books and their readers", "§descripton: Books", "unknown key 'descripton'", "did you mean 'description'?", WARNING),
    Case(V20, "termsOfService: https://library.example/terms", "§servers: []", "unknown key 'servers'", "remove it", SOFT),
    Case(V20, "host: library.example:8080", "host: §https://library.example", "a host is a name", "schemes and basePath"),
    Case(V20, "basePath: /v1", "basePath: §v1", "a base path begins with a slash", "write '/v1'"),
    Case(V20, "schemes: [https, http]", "schemes: [§htps, http]", "'htps' is not allowed here", "did you mean 'https'?"),
    Case(V20, "consumes: [application/json]", "consumes: §application/json", "a list is wanted, not text", "write a list, with this as its only item"),
    Case(V20, "- name: books\n", "- §x-name: books\n", "`name` is missing", "add `name:` with text"),
    Case(V20, "\nexternalDocs: {url: https://library.example/docs}", "\n§components: {}", "unknown key 'components'", "Swagger 2.0 has `definitions`", SOFT),
    Case(V20, "\nx-handlers: library.api", "\nx-handlers: §library/api.py", "the dotted name of a module is wanted", ""),
    Case(V20, "\nx-handlers: library.api", "\n§x-handler: library.api", "'x-handler' is no key of pymacaron", "did you mean 'x-handlers'?", SOFT),
    Case(V20, "security:\n  - key: []", "security:\n  - §kye: []", "no security scheme is called 'kye'", "did you mean 'key'?", WARNING),
    Case(V20, "oauth: [write, read]", "oauth: [write, §raed]", "no flow has the scope 'raed'", "did you mean 'read'?", WARNING),
    Case(V20, "basic: []", "basic: §[write]", "only oauth2 has scopes", "write []", WARNING),
    # Swagger 2.0: paths, operations, parameters
    Case(V20, "  /books/{isbn}:\n", "  §books/{isbn}:\n", "'books/{isbn}' is no path", "a path begins with a slash", hides=True),
    Case(V20, "  /books/{isbn}:\n", "  §/books/{isbn:\n", "braces that are not paired", "write {name}", more=1),
    Case(V20, "  /books/{isbn}:\n", "  §/books/{isbn}/{}:\n", "braces without a name", "write {name}", WARNING),
    Case(V20, "  /books/{isbn}:\n    parameters:\n      - {name: isbn,", "  §/books/{isbn}:\n    parameters:\n      - {name: id,", "{isbn} in the path is no parameter", "add a parameter with `name: isbn`", more=1),
    Case(V20, "  /books/{isbn}:\n    parameters:\n      - {name: isbn,", "  /books/{isbn}:\n    parameters:\n      - §{name: isbm,", "{isbm} does not stand in the path", "did you mean 'isbn'?"),
    Case(V20, "{name: isbn, in: path, required: true,", "§{name: isbn, in: path,", "`required` is missing", "add `required: true`"),
    Case(V20, "in: path, required: true,", "in: path, required: §false,", "true is wanted, not false", ""),
    Case(V20, "in: path, required: true,", "in: §pth, required: true,", "'pth' is not allowed here", "did you mean 'path'?", hides=True),
    Case(V20, "operationId: putCover", "operationId: §getBook", "a second operation called 'getBook'", "another operationId"),
    Case(V20, "operationId: listBooks", "§operationID: listBooks", "unknown key 'operationID'", "did you mean 'operationId'?", SOFT),
    Case(V20, "operationId: addBook", "§requestBody: {}", "unknown key 'requestBody'", "Swagger 2.0 has a parameter with `in: body`", SOFT),
    Case(V20, "    head:\n      responses:", "    head:\n      §respones:", "`responses` is missing", "did you mean 'responses' by 'respones'?"),
    Case(V20, "    head:\n", "    §heda:\n", "unknown key 'heda'", "did you mean 'head'?", SOFT),
    Case(V20, "    patch:\n      responses: {'204': {description: Changed}}", "    §trace:\n      responses: {}", "unknown key 'trace'", "OpenAPI 3.0 has it, Swagger 2.0 has not", SOFT),
    Case(V20, "      responses: {'204': {description: Gone}}", "      responses: §{}", "no response", "add '200'"),
    Case(V20, "'404': {$ref", "§404b: {$ref", "'404b' is no status", "'100' to '599'"),
    Case(V20, "'404': {$ref", "§4XX: {$ref", "'4XX' is no status", "Swagger 2.0 has no ranges"),
    Case(V20, "'201': {description: Added}", "'201': §Added", "a response object is wanted, not text", ""),
    Case(V20, "'201': {description: Added}", "'201': §{}", "`description` is missing", "add `description:` with text"),
    Case(V20, "'#/parameters/trace'", "§'#/parameters/trac'", "leads nowhere", "did you mean '#/parameters/trace'?"),
    Case(V20, "{$ref: '#/responses/NotFound'}", "{$ref: §'#/parameters/trace'}", "the reference leads to a parameter object, where a response object is wanted", ""),
    Case(V20, "type: integer, format: int32", "type: §integr, format: int32", "'integr' is not allowed here", "did you mean 'integer'?", hides=True),
    Case(V20, "type: integer, format: int32", "type: §int, format: int32", "'int' is not allowed here", "did you mean 'integer'?", hides=True),
    Case(V20, "type: integer, format: int32", "type: integer, format: §in32", "the format 'in32' is not known", "did you mean 'int32'?", WARNING),
    Case(V20, "{name: limit, in: query,", "{§nmae: limit, in: query,", "`name` is missing", "did you mean 'name' by 'nmae'?"),
    Case(V20, "maximum: 99, default: 20", "maximum: 99, default: §100", "the default does not fit its own schema", "`type` is integer", WARNING),
    Case(V20, "maximum: 99, default: 20", "maximum: §'99', default: 20", "a number is wanted, not text", "remove the quotes"),
    Case(V20, "minLength: 10, maxLength: 13", "minLength: §100, maxLength: 13", "nothing can be valid", "exchange", WARNING),
    Case(V20, "{type: string, enum: [title, year]}", "{type: string, enum: §title}", "a list is wanted, not text", "write a list, with this as its only item"),
    Case(V20, "collectionFormat: multi}", "collectionFormat: §mutli}", "'mutli' is not allowed here", "'multi'?"),
    Case(V20, "collectionFormat: pipes", "collectionFormat: §multi", "'multi' is not allowed here", "write 'csv'"),
    Case(V20, "in: query, type: boolean", "in: query, §schema: {}, type: boolean", "unknown key 'schema'", "stand beside `name`", SOFT),
    Case(V20, "in: query, type: boolean", "in: §cookie, type: boolean", "'cookie' is not allowed here", "Swagger 2.0 has no parameters in cookies", hides=True),
    Case(V20, "allowEmptyValue: true, required: false", "allowEmptyValue: true, required: §'no'", "true or false is wanted, not text", "remove the quotes"),
    Case(V20, "minItems: 1\n", "minItems: §-1\n", "a whole number from 0 up is wanted, not -1", ""),
    Case(V20, "multipleOf: 0.5", "multipleOf: §0", "a number above 0 is wanted, not 0", ""),
    Case(V20, "- {name: caption, in: formData, type: string, allowEmptyValue: true}", "- §{name: cover, in: formData, type: string}", "a second parameter 'cover' in formData", "remove one", hides=True),
    Case(V20, "- {name: book, in: body, required: true, schema", "- {name: b, in: body, schema: {}}\n        - §{name: book, in: body, required: true, schema", "a second body", "into one schema"),
    Case(V20, "- {name: caption, in: formData, type: string, allowEmptyValue: true}", "- §{name: caption, in: body, schema: {}}", "a body beside form fields", "either", WARNING),
    Case(V20, "operationId: putCover\n      x-no-bind-server: true\n      consumes: [multipart/form-data]", "§operationId: putCover", "a file is uploaded", "consumes: [multipart/form-data]", WARNING),
    # Swagger 2.0: our keys
    Case(V20, "x-bind-server: library", "§x-bind-sever: library", "'x-bind-sever' is no key of pymacaron", "did you mean 'x-bind-server'?", SOFT),
    Case(V20, "x-bind-server: library.api.list_books", "x-bind-server: §list_books", "the dotted name of something", ""),
    Case(V20, "x-bind-client: all_books", "x-bind-client: §all-books", "a Python identifier is wanted", ""),
    Case(V20, "x-timeout-ms: 2000.5", "x-timeout-ms: §2s", "a number of milliseconds above 0 is wanted, not text", ""),
    Case(V20, "x-slow-ms: 5000", "x-slow-ms: §0", "a number of milliseconds above 0 is wanted, not 0", ""),
    Case(V20, "x-idempotent: true", "x-idempotent: §'true'", "true or false is wanted", "remove the quotes"),
    Case(V20, "x-persist: library", "§x-presist: library", "'x-presist' is no key", "did you mean 'x-persist'?", SOFT),
    Case(V20, "x-nullable: true", "§nullable: true", "unknown key 'nullable'", "write `x-nullable: true`", SOFT),
    # Swagger 2.0: schemas
    Case(V20, "required: [title, kind]", "required: §true", "a list is wanted, not true", ""),
    Case(V20, "required: [title, kind]", "required: [title, kind, §title]", "'title' is required twice", "", WARNING),
    Case(V20, "discriminator: kind", "discriminator: §kin", "there is no property 'kin'", "did you mean 'kind'?", WARNING),
    Case(V20, "pattern: '^\\S'", "pattern: §'('", "not a regular expression of ECMA-262", "correct it", WARNING),
    Case(V20, "enum: [Novel, Atlas]", "enum: §[]", "no value is allowed", "list the values"),
    Case(V20, "enum: [Novel, Atlas]", "enum: §[Novel, 5]", "1 of 2 values do not fit", "`type` is string", WARNING),
    Case(V20, "exclusiveMaximum: true", "exclusiveMaximum: §2100", "true or false is wanted, not 2100", ""),
    Case(V20, "title: {type: string, pattern", "title: {type: [string, §nul], pattern", "'nul'", "did you mean 'null'?"),
    Case(V20, "x-sensitive: true}", "x-sensitive: §1}", "true or false is wanted, not 1", ""),
    Case(V20, "      shelf: {$ref: '#/definitions/Shelf'}", "      shelf: §string", "a schema object is wanted, not text", ""),
    Case(V20, "additionalProperties: {type: string}", "additionalProperties: {§oneOf: [{}]}", "unknown key 'oneOf'", "OpenAPI 3.0 has it", SOFT),
    Case(V20, "    allOf:\n      - $ref: '#/definitions/Book'\n", "    allOf:\n      §$ref: '#/definitions/Book'\n      x:\n", "no reference can stand here", "a list is wanted"),
    Case(V20, "Shelf:\n    type: object", "Shelf:\n    type: §file", "a file can only be a response", "", WARNING),
    Case(V20, "{description: The book, schema: {$ref: '#/definitions/Book'}}", "{description: It, schema: §{type: array}}", "an array without `items`", "add `items: {}`", WARNING),
    # Swagger 2.0: security schemes
    Case(V20, "key: {type: apiKey, name: X-Key, in: header", "key: {type: apiKey, name: X-Key, in: §heder", "'heder' is not allowed here", "did you mean 'header'?"),
    Case(V20, "key: {type: apiKey, name", "key: {type: §apikey, name", "'apikey' is not allowed here", "'apiKey'?"),
    Case(V20, "flow: accessCode", "flow: §acesCode", "'acesCode' is not allowed here", "did you mean 'accessCode'?"),
    Case(V20, "    type: oauth2\n    flow: accessCode\n", "    type: oauth2\n    flow: implicit\n    §redirectUrl: x\n", "unknown key 'redirectUrl'", "remove it", SOFT, more=1),
    Case(V20, "password: {type: oauth2, flow: password, tokenUrl: https://library.example/password}", "password: §{type: oauth2, flow: password}", "`tokenUrl` is missing", "add `tokenUrl:` with text"),
    # OpenAPI 3.0
    Case(V30, "openapi: 3.0.3", "openapi: §3.0", "text is wanted, not 3.0", "put it in quotes"),
    Case(V30, "openapi: 3.0.3", "openapi: §4.0.0", "version 4.0.0 is not known", "pymacaron reads Swagger 2.0", hides=True),
    Case(V30, "openapi: 3.0.3", "§openpi: 3.0.3", "neither `openapi` nor `swagger`", "did you mean 'openapi'?", hides=True),
    Case(V30, "url: https://{region}.library.example/{version}", "url: §https://{region}.library.example/{versio}", "the variable 'versio' is not declared", "did you mean 'version'?"),
    Case(V30, "region: {default: eu,", "region: {default: §euu,", "the default is none of the values", "'eu'?", WARNING),
    Case(V30, "region: {default: eu, enum", "region: §{enum", "`default` is missing", "add `default:` with text"),
    Case(V30, "externalDocs: {url: https://library.example/docs}", "§host: library.example", "unknown key 'host'", "write `servers:", SOFT),
    Case(V30, "    openid: {", "    §open id: {", "not a name for a component", "letters", WARNING),
    Case(V30, "{name: limit, in: query, schema: {type: integer, format: int32, minimum: 1, maximum: 99, default: 20}}", "{name: limit, in: query, §type: integer, schema: {}}", "unknown key 'type'", "write `schema: {type: ...}`", SOFT),
    Case(V30, "style: pipeDelimited", "style: §pipesDelimited", "'pipesDelimited' is not allowed", "'pipeDelimited'?"),
    Case(V30, "style: pipeDelimited", "style: §label", "'label' is not allowed here", "write 'form'"),
    Case(V30, "explode: false, schema", "§collectionFormat: csv, schema", "unknown key 'collectionFormat'", "`style:`", SOFT),
    Case(V30, "in: cookie, style: form", "in: §body, style: form", "'body' is not allowed here", "`requestBody`"),
    Case(V30, "{name: raw, in: query, content: {application/json: {schema: {type: object}}}}", "{name: raw, in: query, schema: {}, §content: {application/json: {}}}", "exclude each other", "remove one"),
    Case(V30, "{name: raw, in: query, content: {application/json: {schema: {type: object}}}}", "§{name: raw, in: query}", "`schema` is missing", "or `content:` with one media type"),
    Case(V30, "{name: raw, in: query, content: {application/json: {schema: {type: object}}}}", "{name: raw, in: query, content: §{}}", "`content` has 0 entries", "one media type is wanted"),
    Case(V30, "Trace: {name: X-Trace,", "Trace: {name: §Accept,", "the parameter 'Accept' is ignored", "media types", WARNING),
    Case(V30, "        4XX: {$ref", "        §4xx: {$ref", "'4xx' is no status", "write '4XX'"),
    Case(V30, "        default: {description: Anything else}", "        §Default: {description: Anything else}", "'Default' is no status", "write 'default'"),
    Case(V30, "requestBody: {$ref: '#/components/requestBodies/Book'}", "requestBody: §{}", "`content` is missing", "add"),
    Case(V30, "requestBody: {$ref: '#/components/requestBodies/Book'}", "requestBody: {$ref: §'#/components/schemas/Book'}", "leads to a schema object, where a request body object", "'Book'?"),
    Case(V30, "{operationId: getBook, parameters", "{operationId: §getBok, parameters", "no operation is called 'getBok'", "did you mean 'getBook'?", WARNING),
    Case(V30, "'201': {description: Added}", "'201': {description: Added, §schema: {}}", "unknown key 'schema'", "write `content:", SOFT),
    Case(V30, "    put:\n      operationId: putCover", "    put:\n      §consumes: []\n      operationId: putCover", "unknown key 'consumes'", "`content` in `requestBody`", SOFT),
    Case(V30, "notes: {style: form, explode: true", "notes: {style: §simple, explode: true", "'simple' is not allowed", "'form'"),
    Case(V30, "year: {type: integer, format: int64, nullable: true", "year: {type: §[integer, 'null']", "is wanted, not a list", "write `nullable: true`"),
    Case(V30, "year: {type: integer, format: int64, nullable: true", "year: {type: §'null'", "'null' is not allowed", "write `nullable: true`", more=1),
    Case(V30, "secret: {type: string, format: password", "secret: {type: §password", "'password' is not allowed", ""),
    Case(V30, "added: {type: string, format: date-time,", "added: {type: §date,", "'date' is not allowed here", "write `type: string` with `format: date`"),
    Case(V30, "title: {type: string, pattern", "title: {§const: 5, type: string, pattern", "unknown key 'const'", "enum", SOFT),
    Case(V30, "price: {type: number, format: double", "price: {nullable: §true, format: double", "`nullable` without `type`", "add `type:`", WARNING),
    Case(V30, "shelf: {$ref: '#/components/schemas/Shelf'}", "shelf: {$ref: '#/components/schemas/Shelf', §nullable: true}", "`nullable` beside `$ref` is ignored", "allOf", WARNING),
    Case(V30, "shelf: {$ref: '#/components/schemas/Shelf'}", "shelf: {$ref: §'#/components/schemas/Shel'}", "leads nowhere", "did you mean '#/components/schemas/Shelf'?"),
    Case(V30, "properties: {books: {type: array, items: {$ref: '#/components/schemas/Book'}}}", "§propertes: {}", "unknown key 'propertes'", "did you mean 'properties'?", SOFT),
    Case(V30, "propertyName: kind", "§property: kind", "`propertyName` is missing", "did you mean 'propertyName' by 'property'?"),
    Case(V30, "mapping: {novel: Novel,", "mapping: {novel: §Novl,", "'Novl' is no schema", "Novel", WARNING),
    Case(V30, "        - $ref: '#/components/schemas/Shelf'\n      discriminator:\n", "        - type: object\n      discriminator:\n        §x-vendor: 1\n", "not every branch is a reference", "give each branch a name", WARNING),
    Case(V30, "      allOf: [{$ref: '#/components/schemas/Book'}, {type: object}]", "      allOf: §[]", "`allOf` is empty", "add a schema", WARNING),
    Case(V30, "bearer: {type: http, scheme: bearer", "bearer: {type: §bearer, scheme: bearer", "'bearer' is not allowed", "write `type: http` with `scheme: bearer`"),
    Case(V30, "bearer: {type: http, scheme: bearer,", "bearer: §{type: http,", "`scheme` is missing", "add `scheme:`"),
    Case(V30, "implicit: {authorizationUrl: https://library.example/implicit, scopes: {}}", "implicit: §{authorizationUrl: https://library.example/implicit}", "`scopes` is missing", "add `scopes:`"),
    Case(V30, "clientCredentials: {tokenUrl", "§application: {tokenUrl", "unknown key 'application'", "remove it", SOFT),
    Case(V30, "Other: {operationRef: '#/paths/~1books/get', requestBody", "Other: §{requestBody", "a link has an operationId or an operationRef", "write one of them", WARNING),
    # OpenAPI 3.1
    Case(V31, "openapi: 3.1.1", "openapi: §3.3.0", "version 3.3.0 is not known", "pymacaron reads", hides=True),
    Case(V31, "identifier: BSD-3-Clause", "identifier: §BSD-3-Clause, url: x", "an identifier or a URL", "remove", WARNING),
    Case(V31, "{version: {default: v1,", "{version: {default: §v3,", "the default is none of the values", "add it there"),
    Case(V31, "enum: [v1, v2]", "enum: §[]", "a variable without a value", "list its values", hides=True),
    Case(V31, "type: [integer, 'null']", "type: [§integr, 'null']", "'integr' is not allowed here", "'integer'?"),
    Case(V31, "exclusiveMinimum: 0", "exclusiveMinimum: §true", "is a number since OpenAPI 3.1", "with the bound", WARNING),
    Case(V31, "examples: [5]", "§nullable: true", "`nullable` says nothing", "type: [..., 'null']", WARNING),
    Case(V31, "examples: [5]", "§exclusiveMaximun: 5", "the keyword 'exclusiveMaximun' says nothing", "did you mean 'exclusiveMaximum'?", WARNING),
    Case(V31, "minLength: 10", "minLength: §'10'", "a whole number from 0 up is wanted, not text", "remove the quotes"),
    Case(V31, "minLength: 10", "minLength: §{a: 5}", "not an object: it is ignored", "under `properties`", WARNING),
    Case(V31, "dependentRequired: {price: [currency]}", "dependentRequired: {price: §currency}", "a list is wanted", "write a list"),
    Case(V31, "patternProperties: {'^x-': true}", "patternProperties: {§'(': true}", "not a regular expression", "correct it"),
    Case(V31, "prefixItems: [{type: string}]", "prefixItems: [§5]", "a schema object is wanted, not 5", ""),
    Case(V31, "items: {type: integer}", "items: §[{type: integer}]", "a schema object is wanted, not a list", ""),
    Case(V31, "not: {const: ''}", "not: §x", "a schema object is wanted, not text", ""),
    Case(V31, "year: {type: integer,", "year: {type: §integr,", "'integr' is not allowed here", "'integer'?"),
    Case(V31, "$schema: https://json-schema.org/draft/2020-12/schema", "$schema: §http://json-schema.org/draft-04/schema#", "is read as 2020-12", "remove", WARNING),
    Case(V31, "jsonSchemaDialect: https://spec.openapis.org/oas/3.1/dialect/base", "jsonSchemaDialect: §https://x.example/y", "is read as 2020-12", "remove", WARNING),
    Case(V31, "'parts.yaml#/paths/book'", "§'parts.yaml#/paths/bok'", "leads nowhere", "did you mean", hides=True),
    Case(V31, "'parts.yaml#/paths/book'", "§'part.yaml#/paths/book'", "leads nowhere", "", hides=True),
    Case(V31, "webhooks:\n  added:\n    post:", "webhooks:\n  added:\n    §posd:", "unknown key 'posd'", "'post'?", SOFT),
    Case(V31, "  /openings: {}", "  /openings:\n    §query: {}", "unknown key 'query'", "OpenAPI 3.2 has it, OpenAPI 3.1 has not", SOFT),
    Case(V31, "any:\n          anyOf: [{type: string}", "any:\n          anyOf: [{type: §strng}", "'strng' is not allowed", "'string'?"),
    Case(V31, "discriminator: {propertyName: kind,", "discriminator: {propertyName: §5,", "text is wanted, not 5", "put it in quotes"),
    # what a second file holds
    Case(PARTS, "required: true\n    content:", "required: §yes\n    content:", "true or false is wanted, not text", "remove the quotes"),
    Case(PARTS, "content:\n      application/json:\n        schema:", "content:\n      application/json:\n        §schmea:", "unknown key 'schmea'", "did you mean 'schema'?", SOFT, hides=True),
    Case(PARTS, "in: path, required: true, schema: {type: string}", "in: path, required: true, schema: {type: §strin}", "'strin' is not allowed here", "did you mean 'string'?"),
    Case(PARTS, "Year: {type: integer, maximum: 2100}", "Year: {type: integer, maximum: §'2100'}", "a number is wanted", "remove the quotes"),
    Case(PARTS, "{$ref: '#/schemas/Year'}", "{$ref: §'#/schemas/Yaer'}", "leads nowhere", "did you mean '#/schemas/Year'?", hides=True),
    Case(PARTS, "'200': {description: The book}", "'200': §{}", "`description` is missing", "add `description:`"),
    Case(PARTS, "title: {type: string, minLength: 1}", "title: {type: string, minLength: §1.5}", "a whole number", ""),
    # OpenAPI 3.2
    Case(V32, "parent: all", "parent: §al", "no tag is called 'al'", "did you mean 'all'?"),
    Case(V32, "kind: nav}", "kind: §5}", "text is wanted, not 5", "put it in quotes"),
    Case(V32, "COPY: {", "§POST: {", "POST has a key of its own", "write `post:`"),
    Case(V32, "in: querystring\n          content: {application/x-www-form-urlencoded: {schema: {type: object}}}", "in: querystring\n          §schema: {}\n          content: {application/json: {}}", "unknown key 'schema'", "write `content:", SOFT),
    Case(V32, "in: querystring\n", "in: §querystrin\n", "'querystrin' is not allowed here", "did you mean 'querystring'?"),
    Case(V32, "style: cookie", "style: §cooky", "'cooky' is not allowed here", "did you mean 'cookie'?"),
    Case(V32, "itemEncoding: {contentType: image/png,", "itemEncoding: {§contentTyp: image/png,", "unknown key 'contentTyp'", "did you mean 'contentType'?", SOFT),
    Case(V32, "{$ref: '#/components/mediaTypes/Book'}", "{$ref: §'#/components/mediaTypes/Bok'}", "leads nowhere", "Book'?"),
    Case(V32, "nodeType: element", "nodeType: §elment", "'elment' is not allowed here", "did you mean 'element'?"),
    Case(V32, "deviceAuthorizationUrl: https://library.example/device", "§deviceUrl: https://library.example/device", "`deviceAuthorizationUrl` is missing", "add `deviceAuthorizationUrl:` with text", more=1),
    Case(V32, "defaultMapping: Book", "defaultMapping: §[Book]", "text is wanted, not a list", ""),
]
