"""Valid documents that use every object and every key of their version, for test_grammar.py to damage.

Each is as short as it can be while most of its lines stand in it once.
"""

SWAGGER_20 = """\
swagger: '2.0'
info:
  title: Library
  version: 1.0.0
  description: Books and their readers
  termsOfService: https://library.example/terms
  contact: {name: Ada, url: https://library.example, email: ada@library.example}
  license: {name: BSD, url: https://library.example/license}
host: library.example:8080
basePath: /v1
schemes: [https, http]
consumes: [application/json]
produces: [application/json]
tags:
  - name: books
    description: What one reads
    externalDocs: {url: https://library.example/books, description: More}
externalDocs: {url: https://library.example/docs}
security:
  - key: []
x-handlers: library.api
x-vendor: {anything: goes}
paths:
  x-note: no path
  /books:
    x-handlers: library.books
    parameters:
      - $ref: '#/parameters/trace'
    get:
      tags: [books]
      summary: All books
      description: All of them
      operationId: listBooks
      externalDocs: {url: https://library.example/list}
      schemes: [https]
      deprecated: false
      x-bind-server: library.api.list_books
      x-bind-client: all_books
      x-decorate-server: library.auth.guard
      x-decorate-request: library.auth.forward
      x-slow-ms: 5000
      x-timeout-ms: 2000.5
      x-max-body: 1000
      x-rate-limit: 10/s
      x-etag: true
      x-idempotent: true
      x-async: false
      x-vendor-note: theirs
      parameters:
        - {name: limit, in: query, type: integer, format: int32, minimum: 1, maximum: 99, default: 20}
        - {name: sort, in: query, type: array, items: {type: string, enum: [title, year]}, collectionFormat: multi}
        - name: X-Lists
          in: header
          type: array
          collectionFormat: pipes
          minItems: 1
          maxItems: 5
          uniqueItems: true
          items:
            type: array
            collectionFormat: csv
            items: {type: number, multipleOf: 0.5, exclusiveMinimum: true, minimum: 0}
        - {name: empty, in: query, type: boolean, allowEmptyValue: true, required: false, description: No value}
      responses:
        '200':
          description: The books
          schema: {type: array, items: {$ref: '#/definitions/Book'}}
          headers:
            x-next: {type: string, format: uri, description: The next page, pattern: '^https'}
          examples: {application/json: []}
        '404': {$ref: '#/responses/NotFound'}
        default: {description: Anything else, x-vendor: 1}
    post:
      operationId: addBook
      security:
        - oauth: [write, read]
          basic: []
        - {}
      parameters:
        - {name: book, in: body, required: true, schema: {$ref: '#/definitions/Book'}, description: The book}
      responses:
        '201': {description: Added}
  /books/{isbn}:
    parameters:
      - {name: isbn, in: path, required: true, type: string, minLength: 10, maxLength: 13}
    get:
      operationId: getBook
      responses:
        '200': {description: The book, schema: {$ref: '#/definitions/Book'}}
    put:
      operationId: putCover
      x-no-bind-server: true
      consumes: [multipart/form-data]
      produces: [image/png]
      parameters:
        - {name: cover, in: formData, type: file, required: true}
        - {name: caption, in: formData, type: string, allowEmptyValue: true}
      responses:
        '200': {description: The cover, schema: {type: file}}
    head:
      responses: {'204': {description: It is there}}
    options:
      responses: {'204': {description: Allowed}}
    delete:
      responses: {'204': {description: Gone}}
    patch:
      responses: {'204': {description: Changed}}
definitions:
  Book:
    title: Book
    description: A book
    type: object
    required: [title, kind]
    discriminator: kind
    x-parent: library.models.Readable
    x-persist: library.db.PersistentBook
    minProperties: 1
    maxProperties: 20
    properties:
      title: {type: string, pattern: '^\\S', example: Emma, x-nullable: true}
      kind: {type: string, enum: [Novel, Atlas]}
      year: {type: integer, format: int64, exclusiveMaximum: true, maximum: 2100, default: 1815}
      price: {type: number, format: double, multipleOf: 0.01}
      secret: {type: string, format: password, x-sensitive: true}
      tags: {type: array, items: {type: string}, minItems: 0, maxItems: 9, uniqueItems: true}
      added: {type: string, format: date-time, readOnly: true}
      $ref: {type: string}
      shelf: {$ref: '#/definitions/Shelf'}
      pages:
        type: array
        xml: {name: page, namespace: 'https://library.example', prefix: p, attribute: false, wrapped: true}
        externalDocs: {url: https://library.example/pages}
        items: {type: object, additionalProperties: {type: string}}
  Novel:
    allOf:
      - $ref: '#/definitions/Book'
      - type: object
        additionalProperties: false
        properties: {author: {type: string}}
  Shelf:
    type: object
    properties: {books: {type: array, items: {$ref: '#/definitions/Book'}}}
parameters:
  trace: {name: X-Trace, in: header, type: string}
responses:
  NotFound: {description: No such book}
securityDefinitions:
  key: {type: apiKey, name: X-Key, in: header, description: A key}
  basic: {type: basic, description: A password}
  oauth:
    type: oauth2
    flow: accessCode
    authorizationUrl: https://library.example/authorize
    tokenUrl: https://library.example/token
    scopes: {read: See, write: Change, x-note: 1}
  implicit: {type: oauth2, flow: implicit, authorizationUrl: https://library.example/implicit, scopes: {}}
  password: {type: oauth2, flow: password, tokenUrl: https://library.example/password}
  application: {type: oauth2, flow: application, tokenUrl: https://library.example/application}
"""

OPENAPI_30 = """\
openapi: 3.0.3
info:
  title: Library
  version: 1.0.0
  description: Books and their readers
  termsOfService: https://library.example/terms
  contact: {name: Ada, url: https://library.example, email: ada@library.example}
  license: {name: BSD, url: https://library.example/license}
servers:
  - url: https://{region}.library.example/{version}
    description: The service
    variables:
      region: {default: eu, enum: [eu, us], description: Where}
      version: {default: v1}
tags:
  - name: books
    description: What one reads
    externalDocs: {url: https://library.example/books, description: More}
externalDocs: {url: https://library.example/docs}
security:
  - key: []
x-handlers: library.api
paths:
  /books:
    summary: Books
    description: All of them
    servers: [{url: /other}]
    parameters:
      - $ref: '#/components/parameters/Trace'
    get:
      tags: [books]
      summary: All books
      operationId: listBooks
      externalDocs: {url: https://library.example/list}
      deprecated: false
      x-bind-server: library.api.list_books
      servers: [{url: https://list.library.example}]
      parameters:
        - {name: limit, in: query, schema: {type: integer, format: int32, minimum: 1, maximum: 99, default: 20}}
        - {name: sort, in: query, style: pipeDelimited, explode: false, schema: {type: array, items: {type: string}}}
        - {name: where, in: query, style: deepObject, allowReserved: true, schema: {type: object}, example: {year: 1}}
        - {name: raw, in: query, content: {application/json: {schema: {type: object}}}}
        - {name: empty, in: query, allowEmptyValue: true, deprecated: true, schema: {type: boolean}}
        - {name: session, in: cookie, style: form, schema: {type: string}, examples: {one: {value: abc}}}
      responses:
        '200':
          description: The books
          headers:
            X-Next: {description: The next page, required: true, schema: {type: string}, style: simple, explode: true}
            X-Total: {$ref: '#/components/headers/Total'}
          content:
            application/json:
              schema: {type: array, items: {$ref: '#/components/schemas/Book'}}
              examples: {none: {value: []}}
          links:
            next: {operationId: getBook, parameters: {isbn: $response.body#/0/isbn}, description: One of them}
            other: {$ref: '#/components/links/Other'}
        4XX: {$ref: '#/components/responses/Wrong'}
        default: {description: Anything else}
    post:
      operationId: addBook
      security:
        - oauth: [write]
          bearer: []
        - {}
      requestBody: {$ref: '#/components/requestBodies/Book'}
      callbacks:
        added:
          '{$request.body#/url}':
            post:
              operationId: onAdded
              requestBody: {content: {application/json: {}}}
              responses: {'200': {description: Heard}}
        more: {$ref: '#/components/callbacks/More'}
      responses:
        '201': {description: Added}
  /books/{isbn}:
    parameters:
      - {name: isbn, in: path, required: true, style: label, schema: {type: string, minLength: 10, maxLength: 13}}
    get:
      operationId: getBook
      responses:
        '200': {description: The book, content: {application/json: {schema: {$ref: '#/components/schemas/Book'}}}}
    put:
      operationId: putCover
      requestBody:
        required: true
        description: A form
        content:
          multipart/form-data:
            schema:
              type: object
              properties: {cover: {type: string, format: binary}, notes: {type: array, items: {type: string}}}
            encoding:
              cover:
                contentType: image/png
                headers: {X-Size: {schema: {type: integer}}}
              notes: {style: form, explode: true, allowReserved: false}
      responses:
        '204': {description: Kept}
    head:
      responses: {'204': {description: It is there}}
    options:
      responses: {'204': {description: Allowed}}
    delete:
      responses: {'204': {description: Gone}}
    patch:
      responses: {'204': {description: Changed}}
    trace:
      responses: {'204': {description: Traced}}
components:
  schemas:
    Book:
      title: Book
      description: A book
      type: object
      required: [title]
      minProperties: 1
      maxProperties: 20
      x-parent: library.models.Readable
      properties:
        title: {type: string, pattern: '^\\S', example: Emma}
        year: {type: integer, format: int64, nullable: true, exclusiveMaximum: true, maximum: 2100, default: 1815}
        price: {type: number, format: double, multipleOf: 0.01, exclusiveMinimum: false, minimum: 0}
        tags: {type: array, items: {type: string}, minItems: 0, maxItems: 9, uniqueItems: true}
        added: {type: string, format: date-time, readOnly: true, deprecated: true}
        secret: {type: string, format: password, writeOnly: true}
        $ref: {type: string}
        shelf: {$ref: '#/components/schemas/Shelf'}
        cover:
          type: object
          additionalProperties: {type: string, enum: [soft, hard]}
          xml: {name: page, namespace: 'https://library.example', prefix: p, attribute: false, wrapped: true}
          externalDocs: {url: https://library.example/pages}
          not: {required: [spine]}
    Shelf:
      type: object
      additionalProperties: false
      properties: {books: {type: array, items: {$ref: '#/components/schemas/Book'}}}
    Novel:
      type: object
      required: [kind]
      properties: {kind: {type: string}}
    Item:
      oneOf:
        - $ref: '#/components/schemas/Novel'
        - $ref: '#/components/schemas/Shelf'
      discriminator:
        propertyName: kind
        mapping: {novel: Novel, shelf: '#/components/schemas/Shelf'}
    Both:
      allOf: [{$ref: '#/components/schemas/Book'}, {type: object}]
      anyOf: [{type: object}]
  responses:
    Wrong: {description: Your fault}
  parameters:
    Trace: {name: X-Trace, in: header, style: simple, schema: {type: string}}
  examples:
    one: {summary: One, description: A book, value: {title: Emma}}
  requestBodies:
    Book: {content: {application/json: {schema: {$ref: '#/components/schemas/Book'}}}}
  headers:
    Total: {schema: {type: integer}, example: 5}
  links:
    Other: {operationRef: '#/paths/~1books/get', requestBody: x, server: {url: /other}}
  callbacks:
    More: {'{$url}': {get: {responses: {default: {description: Heard}}}}}
  securitySchemes:
    key: {type: apiKey, name: X-Key, in: cookie, description: A key}
    bearer: {type: http, scheme: bearer, bearerFormat: JWT}
    openid: {type: openIdConnect, openIdConnectUrl: https://library.example/openid}
    oauth:
      type: oauth2
      flows:
        authorizationCode:
          authorizationUrl: https://library.example/authorize
          tokenUrl: https://library.example/token
          refreshUrl: https://library.example/refresh
          scopes: {write: Change}
        implicit: {authorizationUrl: https://library.example/implicit, scopes: {}}
        password: {tokenUrl: https://library.example/password, scopes: {}}
        clientCredentials: {tokenUrl: https://library.example/client, scopes: {}}
"""

OPENAPI_31 = """\
openapi: 3.1.1
jsonSchemaDialect: https://spec.openapis.org/oas/3.1/dialect/base
info:
  title: Library
  summary: Books
  version: 1.0.0
  license: {name: BSD, identifier: BSD-3-Clause}
servers:
  - url: https://library.example/{version}
    variables: {version: {default: v1, enum: [v1, v2]}}
webhooks:
  added:
    post:
      operationId: onAdded
      requestBody: {content: {application/json: {schema: true}}}
  gone: {$ref: '#/components/pathItems/Gone'}
paths:
  /books:
    get:
      operationId: listBooks
      x-bind-server: library.api.list_books
      security: [{mutual: []}]
      parameters:
        - {name: limit, in: query, schema: {type: [integer, 'null'], exclusiveMinimum: 0, examples: [5]}}
      responses:
        '200':
          description: The books
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Book', description: Any of them}
        4XX: {$ref: '#/components/responses/Wrong', summary: Wrong, description: Your fault}
    post:
      operationId: addBook
      requestBody: {$ref: 'parts.yaml#/bodies/book'}
      responses:
        '201': {description: Added}
  /books/{isbn}: {$ref: 'parts.yaml#/paths/book'}
  /openings: {}
components:
  schemas:
    Anything: true
    Nothing: false
    Book:
      $id: https://library.example/book
      $schema: https://json-schema.org/draft/2020-12/schema
      $anchor: book
      $dynamicAnchor: node
      $comment: For us
      $vocabulary: {'https://json-schema.org/draft/2020-12/vocab/core': true}
      $defs:
        isbn: {type: string, minLength: 10, maxLength: 13, pattern: '^\\d+$'}
      title: Book
      description: A book
      type: object
      deprecated: false
      required: [title]
      dependentRequired: {price: [currency]}
      dependentSchemas: {price: {minProperties: 2}}
      propertyNames: {minLength: 1}
      patternProperties: {'^x-': true}
      unevaluatedProperties: false
      maxProperties: 30
      x-sensitive: false
      keywordOfSomebody: 5
      properties:
        title: {type: string, contentMediaType: text/plain, contentEncoding: base64, contentSchema: true}
        isbn: {$ref: '#/$defs/isbn'}
        year: {type: integer, minimum: 0, maximum: 2100, exclusiveMaximum: 2101, multipleOf: 1, default: 1815}
        kind: {const: novel, readOnly: true, writeOnly: false}
        shape: {enum: [round, null, 5]}
        next: {$dynamicRef: '#node'}
        pages:
          type: array
          prefixItems: [{type: string}]
          items: {type: integer}
          contains: {const: 1}
          minContains: 1
          maxContains: 3
          minItems: 1
          maxItems: 9
          uniqueItems: true
          unevaluatedItems: false
        price:
          if: {type: integer}
          then: {maximum: 10}
          else: {type: string, format: uri}
        any:
          anyOf: [{type: string}, {type: 'null'}]
          not: {const: ''}
          xml: {name: any}
          externalDocs: {url: https://library.example/any}
          example: x
        one:
          oneOf: [{$ref: '#/$defs/isbn'}]
          allOf: [{$ref: book}]
          discriminator: {propertyName: kind, x-vendor: 1}
  responses:
    Wrong: {description: Your fault}
  pathItems:
    Gone: {delete: {responses: {default: {description: Heard}}}}
  securitySchemes:
    mutual: {type: mutualTLS, description: By certificate}
"""

PARTS = """\
bodies:
  book:
    required: true
    content:
      application/json:
        schema: {$ref: '#/schemas/Book'}
paths:
  book:
    parameters:
      - $ref: '#/parameters/isbn'
    get:
      operationId: getBook
      responses:
        '200': {description: The book}
parameters:
  isbn: {name: isbn, in: path, required: true, schema: {type: string}}
schemas:
  Book:
    type: object
    required: [title]
    properties:
      title: {type: string, minLength: 1}
      year: {$ref: '#/schemas/Year'}
  Year: {type: integer, maximum: 2100}
"""

OPENAPI_32 = """\
openapi: 3.2.0
$self: https://library.example/openapi.yaml
info: {title: Library, version: 1.0.0}
servers:
  - {url: /v1, name: production}
tags:
  - {name: all, summary: Everything, kind: nav}
  - {name: books, summary: Books, parent: all}
  - {name: novels, parent: books}
paths:
  /books:
    query:
      operationId: searchBooks
      parameters:
        - name: filter
          in: querystring
          content: {application/x-www-form-urlencoded: {schema: {type: object}}}
        - {name: session, in: cookie, style: cookie, schema: {type: string}}
      responses:
        '200':
          summary: Found
          content:
            application/jsonl: {itemSchema: {$ref: '#/components/schemas/Book'}}
            multipart/mixed:
              schema: {type: array}
              prefixEncoding: [{contentType: application/json}]
              itemEncoding: {contentType: image/png, itemEncoding: {contentType: text/plain}}
            multipart/form-data:
              schema: {type: object}
              encoding: {parts: {encoding: {part: {contentType: text/plain}}}}
            application/json: {$ref: '#/components/mediaTypes/Book'}
    additionalOperations:
      COPY: {operationId: copyBooks, responses: {'204': {description: Copied}}}
components:
  mediaTypes:
    Book: {schema: {$ref: '#/components/schemas/Book'}}
  schemas:
    Book:
      type: object
      xml: {nodeType: element}
      discriminator: {propertyName: kind, defaultMapping: Book}
      properties: {kind: {type: string}}
  securitySchemes:
    oauth:
      type: oauth2
      deprecated: false
      oauth2MetadataUrl: https://library.example/metadata
      flows:
        deviceAuthorization:
          deviceAuthorizationUrl: https://library.example/device
          tokenUrl: https://library.example/token
          scopes: {}
    key: {type: apiKey, in: header, name: X-Key, deprecated: true}
"""
