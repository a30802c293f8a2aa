/** What a part of this benchmark is: something done to one kind of shore, or to what a shore stands on, and the figures it comes to. */
import type { Crowd } from './crowd.ts';
import type { ShoreKind } from './shore.ts';

/** Figures by what they are, the unit last. */
export type Figures = Readonly<Record<string, number>>;

/** One part; it starts what it needs and leaves nothing behind. */
export type Part = (kind: ShoreKind, crowd: Crowd) => Promise<Figures>;

/** A part that needs no broker. */
export type BrokerlessPart = (devices: number) => Promise<Figures>;
