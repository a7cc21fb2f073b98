// Values of parameters as they are written in path, query, headers, cookies and forms: the styles of OpenAPI, and the
// collectionFormats of Swagger 2.0. A field is {name, place, style, explode, value}; a value is what JSON knows.

const DELIMITERS = { spaceDelimited: "%20", pipeDelimited: "%7C", ssv: "%20", tsv: "%09", pipes: "%7C" };
const RAW = { "%20": " ", "%7C": "|", "%09": "\t" };

const encode = encodeURIComponent;
const same = (text) => text;
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const textOf = (value) => (typeof value === "string" ? value : JSON.stringify(value));

/** A value as one text: items, or names and values, between delimiters. */
function whole(value, delimiter, escape, explode = false) {
  const piece = (inner) => escape(textOf(inner));
  if (Array.isArray(value)) return value.map(piece).join(delimiter);
  if (!isObject(value)) return piece(value);
  const pairs = Object.entries(value).map(([key, inner]) => [escape(key), piece(inner)]);
  return explode ? pairs.map((pair) => pair.join("=")).join(delimiter) : pairs.flat().join(delimiter);
}

/** A segment of a path (RFC 6570 sections 3.2.2, 3.2.5 and 3.2.7). */
export function segment({ name, style, explode, value }) {
  const delimiter = DELIMITERS[style] ?? ",";
  if (style === "json") return encode(JSON.stringify(value));
  if (style === "label") return `.${whole(value, explode ? "." : ",", encode, explode)}`;
  if (style !== "matrix") return whole(value, delimiter, encode, explode);
  if (explode && Array.isArray(value)) return value.map((inner) => `;${encode(name)}=${encode(textOf(inner))}`).join("");
  if (explode && isObject(value)) return `;${whole(value, ";", encode, true)}`;
  return `;${encode(name)}=${whole(value, ",", encode)}`;
}

/** What stands in a header. */
export function headerText({ style, explode, value }) {
  if (style === "json") return JSON.stringify(value);
  return whole(value, RAW[DELIMITERS[style]] ?? ",", same, explode);
}

/** "name=value" in a query, a cookie or a form; several of them, or none. */
export function pairs({ name, style, explode, value }) {
  if (style === "json") return [`${encode(name)}=${encode(JSON.stringify(value))}`];
  if (style === "deepObject") return [...deep(encode(name), value)];
  if (explode && Array.isArray(value)) return value.map((inner) => `${encode(name)}=${encode(textOf(inner))}`);
  if (explode && isObject(value)) {
    return Object.entries(value).flatMap(([key, inner]) => pairs({ name: key, style: "form", explode, value: inner }));
  }
  return [`${encode(name)}=${whole(value, DELIMITERS[style] ?? ",", encode)}`];
}

function* deep(name, value) {
  if (Array.isArray(value)) for (const inner of value) yield* deep(name, inner);
  else if (isObject(value)) for (const [key, inner] of Object.entries(value)) yield* deep(`${name}[${encode(key)}]`, inner);
  else yield `${name}=${encode(textOf(value))}`;
}

/** The whole query string as one value (OpenAPI 3.2). */
export function queryString({ style, value }) {
  return style === "json" ? encode(JSON.stringify(value)) : pairs({ name: "", style: "form", explode: true, value }).join("&");
}

/** Where a call goes: the path of an operation with its variables and query, below the root of a service. */
export function addressOf(path, fields, root) {
  const [template, own] = path.split("#")[0].split("?");
  const filled = template.replace(/\{([^{}]+)\}/g, (all, name) => {
    const field = fields.find((one) => one.place === "path" && one.name === name);
    return field ? segment(field) : all;
  });
  const query = [
    ...(own ? [own] : []),
    ...fields.filter((one) => one.place === "query").flatMap(pairs),
    ...fields.filter((one) => one.place === "querystring").map(queryString),
  ];
  return new URL(filled.replace(/^\//, "") + (query.length ? `?${query.join("&")}` : ""), root);
}

/** The same call for a terminal. A token is not written out. */
export function curlOf(method, url, headers, body) {
  const quote = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;
  const lines = [`curl -i${method === "GET" ? "" : ` -X ${method}`} ${quote(url)}`];
  for (const [name, text] of headers) {
    const isSecret = name === "Authorization";
    lines.push(isSecret ? `-H "Authorization: ${text.split(" ")[0]} $TOKEN"` : `-H ${quote(`${name}: ${text}`)}`);
  }
  if (body instanceof FormData) {
    for (const [name, value] of body) {
      lines.push(`-F ${quote(value instanceof File && value.name !== "blob" ? `${name}=@${value.name}` : `${name}=…`)}`);
    }
  } else if (body instanceof File) lines.push(`--data-binary ${quote(`@${body.name}`)}`);
  else if (body !== undefined) lines.push(`--data-raw ${quote(body)}`);
  return lines.join(" \\\n  ");
}
