/**
 * Schemas: anything that implements Standard Schema (https://standardschema.dev), such as those of zod, valibot and
 * arktype, and two of our own for those who have no such library.
 */

/** What a schema says about a value. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong with a value. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A schema of the version 1 of Standard Schema: `Input` is what it takes, `Output` what it makes of it. */
export interface Schema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** What a schema takes; `undefined` where there is no schema. */
export type InputOf<S> = S extends Schema ? NonNullable<S['~standard']['types']>['input'] : undefined;

/** What a schema makes of it; `undefined` where there is no schema. */
export type OutputOf<S> = S extends Schema ? NonNullable<S['~standard']['types']>['output'] : undefined;

/**
 * A schema of a function that returns the value, or throws an error whose message says what is wrong with it.
 * @param parse gets whatever came
 */
export function schema<T>(parse: (value: unknown) => T): Schema<T> {
  const validate = (value: unknown): SchemaResult<T> => {
    try {
      return { value: parse(value) };
    } catch (error) {
      return { issues: [{ message: error instanceof Error ? error.message : String(error) }] };
    }
  };
  return { '~standard': { version: 1, vendor: 'hawser', validate } };
}

/** A schema that only has a type and takes everything: for what does not need a check, such as a server's answers. */
export function unchecked<T>(): Schema<T> {
  return schema((value) => value as T);
}

/** A value that a schema refuses. */
export class SchemaError extends Error {
  override readonly name: string = 'SchemaError';
  /** What is wrong, each with the path to it, such as `address.street`; an empty path is the value itself. */
  readonly issues: readonly { readonly path: string; readonly message: string }[];

  constructor(issues: readonly SchemaIssue[]) {
    const list = issues.map(({ path = [], message }) => ({ path: path.map(nameOf).join('.'), message }));
    super(list.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; '));
    this.issues = list;
  }
}

function nameOf(step: PropertyKey | { readonly key: PropertyKey }): string {
  return String(typeof step === 'object' ? step.key : step);
}

/**
 * Checks a value. Only a schema that checks asynchronously makes this asynchronous.
 * @returns what the schema makes of it
 * @throws SchemaError, or rejects with it
 */
export function validate(schema: Schema | undefined, value: unknown): unknown {
  if (schema === undefined) return value;
  const result = schema['~standard'].validate(value);
  // A promise of a library need not be an instance of `Promise`.
  return 'then' in result ? Promise.resolve(result).then(outputOf) : outputOf(result);
}

function outputOf(result: SchemaResult<unknown>): unknown {
  if (result.issues !== undefined) throw new SchemaError(result.issues);
  return result.value;
}
