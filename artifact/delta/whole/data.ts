import { sectionId } from '../../wasm/module.ts';
import type { Coding } from './coding.ts';
import { mix } from './hash.ts';
import { kind, selection } from './kinds.ts';
import { contextsMax } from './learnt.ts';

/** What bytes outside of sections are told apart by, beside the numbers of sections. */
export const apart = { head: 14, noModule: 15, sectionHead: 16, length: 17 } as const;

const isOfWord = (byte: number): boolean =>
  (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || byte === 95 || byte >= 128;

/** Codes what is no code, byte by byte. */
export class DataModel {
  readonly #coding: Coding;
  #word = 0;

  constructor(coding: Coding) {
    this.#coding = coding;
  }

  /** Codes the bytes up to an offset, which belong to a section of this number. */
  bytes(end: number, section: number): void {
    while (this.#coding.at < end) this.byte(section);
  }

  /** Codes one byte. */
  byte(section: number): number {
    const coding = this.#coding;
    this.#contexts(section);
    const of = section === sectionId.data || section === apart.noModule ? kind.data : kind.rest;
    const byte = coding.byte(of, selection.section + Math.min(section, apart.length), contextsMax);
    this.#word = isOfWord(byte) ? mix(this.#word, byte) : 0;
    return byte;
  }

  #back(bytes: number): number {
    const { bytes: all, at } = this.#coding;
    return at >= bytes ? all[at - bytes]! : 0;
  }

  /** The four bytes that end so many before here. */
  #four(back: number): number {
    return (
      this.#back(back + 1) | (this.#back(back + 2) << 8) | (this.#back(back + 3) << 16) | (this.#back(back + 4) << 24)
    );
  }

  #contexts(section: number): void {
    const { at, model } = this.#coding;
    const { contexts } = model;
    const last = this.#four(0);
    const before = this.#four(4);
    const one = last & 255;
    const two = last & 0xffff;
    const fourth = last >>> 24;
    const eighth = before >>> 24;
    model.place(0, mix(mix(2000, last), before & 255));
    model.place(1, mix(mix(mix(2000, last), before), this.#four(8)));
    contexts[0] = mix(mix(2010, section), one);
    contexts[1] = mix(2011, two);
    contexts[2] = mix(2012, last & 0xffffff);
    contexts[3] = mix(mix(2013, last), before & 0xffff);
    contexts[4] = mix(mix(2014, this.#word), one);
    contexts[5] = mix(mix(mix(2015, fourth), eighth), at & 3);
    contexts[6] = mix(mix(mix(2016, eighth), fourth), two);
    contexts[7] = mix(mix(mix(2017, eighth), this.#back(16)), section * 4 + (at & 3));
  }
}
