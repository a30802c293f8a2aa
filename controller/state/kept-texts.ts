import type { StatePort } from './state-port.ts';

/** Texts that another room keeps in the state by names of its own, each read when it is asked for. Neither method rejects. */
export interface KeptTexts {
  read(name: string): Promise<string | undefined>;
  write(name: string, text: string): Promise<void>;
}

/** A room of the state as such a place; what can't be read is as if it were not there, and what can't be written is told. */
export function keptTexts(
  state: Pick<StatePort, 'read' | 'commit'>,
  room: 'published' | 'notices',
  onTrouble: (error: unknown) => void,
): KeptTexts {
  return {
    async read(key) {
      const [row] = await state.read([{ room, key }]).catch((error: unknown) => {
        onTrouble(error);
        return [];
      });
      if (row === undefined || 'value' in row) return row?.value;
      onTrouble(row.error);
      return undefined;
    },
    write: (key, value) => state.commit([{ room, key, value }]).catch(onTrouble),
  };
}
