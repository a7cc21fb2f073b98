"""What OpenAPI's versions allow where, as data: an object of the standard a line (indented lines continue it).

    Name key:type ...    an object and its fields; `!` after a key: it must be there
    +Other               all fields of another object
    -key                 not that one (in what a version changes)
    ?key a:A b:B         the value of `key` says which object it is
    /pattern/:type       keys that match the pattern
    *:type               any key, even if it begins with x-
    ...                  other keys are no fault
    |boolean             true and false are such an object too

    string boolean number count positive true any map list    plain values; `count`: 0, 1, 2, ...; `true`: only that
    (a|b) [type] {type} A|B                                   one of these words, a list, a map, either
    Name Name|Ref                                             an object; an object or a reference to one
    ~type                                                     looked at last: it is only there for references

Keys that begin with x- may stand in every object, and `$ref` where the type says so. What an object may not hold has
no line here: that is for the rules (rules_*.py). A version's table is read on top of the tables before it.
"""

SWAGGER_20 = r"""
Document        swagger!:(2.0) info!:Info host:string basePath:string schemes:[Scheme] consumes:[string]
                produces:[string] paths!:Paths definitions:~{Schema|Ref} parameters:~{Parameter|Ref}
                responses:~{Response|Ref} securityDefinitions:{SecurityScheme} security:[SecurityRequirement]
                tags:[Tag] externalDocs:ExternalDocs
Info            title!:string version!:string description:string termsOfService:string contact:Contact
                license:License
Contact         name:string url:string email:string
License         name!:string url:string
ExternalDocs    url!:string description:string
Tag             name!:string description:string externalDocs:ExternalDocs
Paths           /\/.*/:PathItem|Ref
PathItem        $ref:string get:Operation put:Operation post:Operation delete:Operation options:Operation
                head:Operation patch:Operation parameters:[Parameter|Ref]
Operation       tags:[string] summary:string description:string externalDocs:ExternalDocs operationId:string
                consumes:[string] produces:[string] parameters:[Parameter|Ref] responses!:Responses
                schemes:[Scheme] deprecated:boolean security:[SecurityRequirement]
Scheme          (http|https|ws|wss)
Parameter       ?in body:BodyParameter path:PathParameter query:QueryParameter header:HeaderParameter
                formData:FormParameter
BodyParameter   in!:string name!:string description:string required:boolean schema!:Schema|Ref
PathParameter   in!:string name!:string description:string required!:true +Items type!:Primitive
HeaderParameter in!:string name!:string description:string required:boolean +Items type!:Primitive
QueryParameter  +HeaderParameter allowEmptyValue:boolean collectionFormat:(csv|ssv|tsv|pipes|multi)
FormParameter   +QueryParameter type!:(string|number|integer|boolean|array|file) items:FormItems
FormItems       +Items type!:(string|number|integer|boolean|array|file)
Items           type!:Primitive format:string items:Items collectionFormat:(csv|ssv|tsv|pipes) default:any
                maximum:number exclusiveMaximum:boolean minimum:number exclusiveMinimum:boolean maxLength:count
                minLength:count pattern:string maxItems:count minItems:count uniqueItems:boolean enum:list
                multipleOf:positive
Primitive       (string|number|integer|boolean|array)
Responses       default:Response|Ref /[1-5]\d\d/:Response|Ref
Response        description!:string schema:Schema|Ref headers:{Header} examples:map
Header          +Items description:string
SecurityScheme  ?type basic:BasicScheme apiKey:KeyScheme oauth2:OauthScheme
BasicScheme     type!:string description:string
KeyScheme       type!:string description:string name!:string in!:(query|header)
OauthScheme     ?flow implicit:ImplicitFlow password:TokenFlow application:TokenFlow accessCode:CodeFlow
ImplicitFlow    type!:string description:string flow!:string authorizationUrl!:string scopes:Scopes
TokenFlow       type!:string description:string flow!:string tokenUrl!:string scopes:Scopes
CodeFlow        +ImplicitFlow tokenUrl!:string
Scopes          /.*/:string
SecurityRequirement *:[string]
Schema          title:string description:string type:Kind|[Kind] format:string default:any enum:list
                multipleOf:positive maximum:number exclusiveMaximum:boolean minimum:number exclusiveMinimum:boolean
                maxLength:count minLength:count pattern:string maxItems:count minItems:count uniqueItems:boolean
                maxProperties:count minProperties:count required:[string] items:Schema|Ref|[Schema|Ref]
                allOf:[Schema|Ref] properties:{Schema|Ref} additionalProperties:boolean|Schema|Ref
                discriminator:string readOnly:boolean xml:XML externalDocs:ExternalDocs example:any
Kind            (array|boolean|integer|number|object|string|null|file)
XML             name:string namespace:string prefix:string attribute:boolean wrapped:boolean
"""

OPENAPI_30 = r"""
Document        openapi!:string info!:Info servers:[Server] paths!:Paths components:~Components
                security:[SecurityRequirement] tags:[Tag] externalDocs:ExternalDocs
Info            title!:string version!:string description:string termsOfService:string contact:Contact
                license:License
Contact         name:string url:string email:string
License         name!:string url:string
ExternalDocs    url!:string description:string
Tag             name!:string description:string externalDocs:ExternalDocs
Server          url!:string description:string variables:{ServerVariable}
ServerVariable  default!:string enum:[string] description:string
Components      schemas:{Schema|Ref} responses:{Response|Ref} parameters:{Parameter|Ref} examples:map
                requestBodies:{RequestBody|Ref} headers:{Header|Ref} securitySchemes:{SecurityScheme|Ref}
                links:{Link|Ref} callbacks:{Callback|Ref}
Paths           /\/.*/:PathItem|Ref
PathItem        $ref:string summary:string description:string get:Operation put:Operation post:Operation
                delete:Operation options:Operation head:Operation patch:Operation trace:Operation servers:[Server]
                parameters:[Parameter|Ref]
Operation       tags:[string] summary:string description:string externalDocs:ExternalDocs operationId:string
                parameters:[Parameter|Ref] requestBody:RequestBody|Ref responses!:Responses
                callbacks:{Callback|Ref} deprecated:boolean security:[SecurityRequirement] servers:[Server]
Parameter       ?in path:PathParameter query:QueryParameter header:HeaderParameter cookie:CookieParameter
PathParameter   in!:string name!:string +Header required!:true style:(simple|label|matrix)
QueryParameter  in!:string name!:string +Header style:(form|spaceDelimited|pipeDelimited|deepObject)
HeaderParameter in!:string name!:string +Header
CookieParameter in!:string name!:string +Header style:(form)
Header          description:string required:boolean deprecated:boolean allowEmptyValue:boolean style:(simple)
                explode:boolean allowReserved:boolean schema:Schema|Ref content:Content example:any examples:map
RequestBody     description:string content!:Content required:boolean
Content         *:MediaType
MediaType       schema:Schema|Ref example:any examples:map encoding:{Encoding}
Encoding        contentType:string headers:{Header|Ref} style:(form|spaceDelimited|pipeDelimited|deepObject)
                explode:boolean allowReserved:boolean
Responses       default:Response|Ref /[1-5](\d\d|XX)/:Response|Ref
Response        description!:string headers:{Header|Ref} content:Content links:{Link|Ref}
Link            operationRef:string operationId:string parameters:map requestBody:any description:string
                server:Server
Callback        /.*/:PathItem|Ref
SecurityScheme  ?type apiKey:KeyScheme http:HttpScheme oauth2:OauthScheme openIdConnect:OpenIdScheme
KeyScheme       type!:string description:string name!:string in!:(query|header|cookie)
HttpScheme      type!:string description:string scheme!:string bearerFormat:string
OauthScheme     type!:string description:string flows!:OauthFlows
OpenIdScheme    type!:string description:string openIdConnectUrl!:string
OauthFlows      implicit:ImplicitFlow password:TokenFlow clientCredentials:TokenFlow authorizationCode:CodeFlow
ImplicitFlow    authorizationUrl!:string refreshUrl:string scopes!:{string}
TokenFlow       tokenUrl!:string refreshUrl:string scopes!:{string}
CodeFlow        +ImplicitFlow tokenUrl!:string
SecurityRequirement *:[string]
Schema          title:string description:string type:Kind format:string default:any enum:list
                multipleOf:positive maximum:number exclusiveMaximum:boolean minimum:number exclusiveMinimum:boolean
                maxLength:count minLength:count pattern:string maxItems:count minItems:count uniqueItems:boolean
                maxProperties:count minProperties:count required:[string] items:Schema|Ref properties:{Schema|Ref}
                additionalProperties:boolean|Schema|Ref allOf:[Schema|Ref] oneOf:[Schema|Ref] anyOf:[Schema|Ref]
                not:Schema|Ref nullable:boolean discriminator:Discriminator readOnly:boolean writeOnly:boolean
                xml:XML externalDocs:ExternalDocs example:any deprecated:boolean
Kind            (array|boolean|integer|number|object|string)
Discriminator   ... propertyName!:string mapping:{string}
XML             name:string namespace:string prefix:string attribute:boolean wrapped:boolean
"""

OPENAPI_31 = r"""
Document        paths:Paths webhooks:{PathItem|Ref} jsonSchemaDialect:string
Info            summary:string
License         identifier:string
Components      pathItems:{PathItem|Ref} schemas:{Schema}
Operation       responses:Responses
Header          schema:Schema
MediaType       schema:Schema
SecurityScheme  mutualTLS:MutualTlsScheme
MutualTlsScheme type!:string description:string
Schema          -* |boolean ...
                $ref:string $dynamicRef:string $id:string $schema:string $anchor:string $dynamicAnchor:string
                $comment:string $vocabulary:{boolean} $defs:{Schema}
                allOf:[Schema] anyOf:[Schema] oneOf:[Schema] not:Schema if:Schema then:Schema else:Schema
                dependentSchemas:{Schema} prefixItems:[Schema] items:Schema contains:Schema properties:{Schema}
                patternProperties:{Schema} additionalProperties:Schema propertyNames:Schema unevaluatedItems:Schema
                unevaluatedProperties:Schema contentSchema:Schema
                type:Kind|[Kind] enum:list const:any multipleOf:positive maximum:number
                exclusiveMaximum:number|boolean minimum:number exclusiveMinimum:number|boolean
                maxLength:count minLength:count pattern:string maxItems:count minItems:count uniqueItems:boolean
                maxContains:count minContains:count maxProperties:count minProperties:count required:[string]
                dependentRequired:{[string]}
                title:string description:string default:any deprecated:boolean readOnly:boolean writeOnly:boolean
                examples:list format:string contentEncoding:string contentMediaType:string
                discriminator:Discriminator xml:XML externalDocs:ExternalDocs example:any
Kind            (array|boolean|integer|null|number|object|string)
"""

OPENAPI_32 = r"""
Document        $self:string
Server          name:string
Tag             summary:string parent:string kind:string
Components      mediaTypes:{MediaType|Ref}
PathItem        query:Operation additionalOperations:{Operation}
Parameter       querystring:QuerystringParameter
QuerystringParameter in!:string name!:string description:string required:boolean deprecated:boolean content!:Content
                example:any examples:map
CookieParameter style:(form|cookie)
Content         *:MediaType|Ref
MediaType       itemSchema:Schema prefixEncoding:[Encoding] itemEncoding:Encoding
Encoding        encoding:{Encoding} prefixEncoding:[Encoding] itemEncoding:Encoding
Response        description:string summary:string
KeyScheme       deprecated:boolean
HttpScheme      deprecated:boolean
OauthScheme     deprecated:boolean oauth2MetadataUrl:string
OpenIdScheme    deprecated:boolean
MutualTlsScheme deprecated:boolean
OauthFlows      deviceAuthorization:DeviceFlow
DeviceFlow      deviceAuthorizationUrl!:string tokenUrl!:string refreshUrl:string scopes!:{string}
Discriminator   defaultMapping:string
XML             nodeType:(element|attribute|text|cdata|none)
"""
