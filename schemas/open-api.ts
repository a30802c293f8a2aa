/**
 * The API as an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1), made of its operations and of our JSON Schemas. Each
 * shape that has a name there is a component here, and only what is reached from an operation comes along.
 */
import { type Operation, operations } from './api-operations.ts';

type Json = Readonly<Record<string, unknown>>;

/** Schemas by the names of their files. */
export type SchemaFiles = ReadonlyMap<string, Json>;

function at(document: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .filter((part) => part !== '')
    .reduce((inner, part) => (inner as Json)[part], document);
}

/** Gathers the components that a document refers to, while it is written. */
class Components {
  readonly #files: SchemaFiles;
  readonly #all = new Map<string, unknown>();

  constructor(files: SchemaFiles) {
    this.#files = files;
  }

  /** What stands for a reference, made in this file. */
  reference(reference: string, file: string): Json {
    const [name = '', pointer = ''] = reference.split('#');
    const target = name === '' ? file : name;
    const schema = at(this.#files.get(target), pointer) as Json;
    const component = pointer === '' ? (schema.title as string) : /^\/\$defs\/([^/]+)$/.exec(pointer)?.[1];
    // What is a part of another shape has no name of its own.
    if (component === undefined) return this.#rewritten(schema, target) as Json;
    if (!this.#all.has(component)) {
      this.#all.set(component, undefined);
      this.#all.set(component, this.#rewritten(schema, target));
    }
    return { $ref: `#/components/schemas/${component}` };
  }

  #rewritten(value: unknown, file: string): unknown {
    if (Array.isArray(value)) return value.map((inner) => this.#rewritten(inner, file));
    if (typeof value !== 'object' || value === null) return value;
    if ('$ref' in value) {
      const { $ref, ...beside } = value as Json;
      return { ...this.reference($ref as string, file), ...beside };
    }
    const entries = Object.entries(value).filter(([key]) => key !== '$schema' && key !== '$id' && key !== '$defs');
    return Object.fromEntries(entries.map(([key, inner]) => [key, this.#rewritten(inner, file)]));
  }

  /** By name, in order. */
  get all(): Json {
    return Object.fromEntries([...this.#all].sort(([left], [right]) => (left < right ? -1 : 1)));
  }
}

function body(components: Components, reference: string): Json {
  return { content: { 'application/json': { schema: components.reference(reference, '') } } };
}

function parametersOf({ path, query = {}, hasTag }: Operation): readonly Json[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true, schema: { type: 'string', maxLength: 63 } },
  }));
  const inQuery = Object.entries(query).map(([name, parameter]) => ({ name, in: 'query', ...parameter }));
  const tag = {
    name: 'If-None-Match',
    in: 'header',
    schema: { type: 'string' },
    description: 'The ETag that is known.',
  };
  return [...inPath, ...inQuery, ...(hasTag ? [tag] : [])];
}

function answersOf(components: Components, operation: Operation): Json {
  const { answers, status = 200, hasTag, summary } = operation;
  const stream = { content: { 'text/event-stream': { schema: { type: 'string' } } } };
  const headers = hasTag ? { headers: { ETag: { schema: { type: 'string' } } } } : {};
  return {
    [status]: { description: summary, ...headers, ...(answers === undefined ? stream : body(components, answers)) },
    ...(hasTag ? { 304: { description: 'Nothing is otherwise than the ETag says.' } } : {}),
    '4XX': { $ref: '#/components/responses/Refused' },
    '5XX': { $ref: '#/components/responses/Refused' },
  };
}

function operationObject(components: Components, name: string, operation: Operation): Json {
  const parameters = parametersOf(operation);
  return {
    operationId: name,
    summary: operation.summary,
    tags: [operation.for],
    security: [{ token: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(operation.takes === undefined ? {} : { requestBody: { required: true, ...body(components, operation.takes) } }),
    responses: answersOf(components, operation),
  };
}

/** The document. */
export function openApiDocument(files: SchemaFiles): Json {
  const components = new Components(files);
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, operation] of Object.entries<Operation>(operations)) {
    paths[operation.path] ??= {};
    paths[operation.path]![operation.method.toLowerCase()] = operationObject(components, name, operation);
  }
  const refused = { description: 'Why it is not done.', ...body(components, 'view.schema.json#/$defs/ApiError') };
  return {
    openapi: '3.1.1',
    info: {
      title: 'Fleet controller',
      version: '1',
      description:
        'What is known of a fleet of devices, and the few things that people do to it; what should run is said in git.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'Where the controller answers.' }],
    tags: ['view', 'operate', 'admin'].map((name) => ({ name, description: `Needs the scope ${name}.` })),
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'A token: `fleet token create`.' } },
      responses: { Refused: refused },
      schemas: components.all,
    },
  };
}
