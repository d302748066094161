/** Tells one set of the API's shapes from another: a digest of `api/schema.ts`, which the build puts in. */
declare const __SHAPES__: string;
