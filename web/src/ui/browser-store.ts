/** A database of this browser for what is too large for its local storage. Where it keeps nothing, nothing is found. */
export class BrowserStore {
  readonly #database: string;
  readonly #name: string;

  constructor(database: string, name: string) {
    this.#database = database;
    this.#name = name;
  }

  get<T>(key: string): Promise<T | undefined> {
    return this.#ask<T>("readonly", (store) => store.get(key));
  }

  async put(key: string, value: unknown): Promise<void> {
    await this.#ask("readwrite", (store) => store.put(value, key));
  }

  async delete(key: string): Promise<void> {
    await this.#ask("readwrite", (store) => store.delete(key));
  }

  async keys(): Promise<readonly string[]> {
    return (await this.#ask<string[]>("readonly", (store) => store.getAllKeys())) ?? [];
  }

  async clear(): Promise<void> {
    await this.#ask("readwrite", (store) => store.clear());
  }

  async #ask<T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest): Promise<T | undefined> {
    if (typeof indexedDB === "undefined") return undefined;
    try {
      const opening = indexedDB.open(this.#database, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore(this.#name);
      const database = await settled<IDBDatabase>(opening);
      try {
        return await settled<T>(ask(database.transaction(this.#name, mode).objectStore(this.#name)));
      } finally {
        database.close();
      }
    } catch {
      return undefined; // a private window, or a full disk
    }
  }
}

function settled<T>(asked: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result as T);
    asked.onerror = () => reject(asked.error);
  });
}
