/** What devices are offered at this moment, whoever brings it to them. */
import type { Deployment } from '../../schemas/generated/types.ts';
import type { Image } from './image.ts';
import type { ChannelMarks } from './records.ts';

/** What a device is offered, and whether it said that it runs that. */
export interface DeviceOffer {
  readonly device: string;
  /** Absent while nothing is offered to it: its wave, a hold or a halt keeps that from it, or nothing was issued. */
  readonly offer?: {
    readonly sequence: number;
    readonly envelope: string;
    readonly applications: Deployment['applications'];
  };
  /** Releases that it said it runs, each as NAME/VERSION. */
  readonly runs: readonly string[];
  readonly isThere: boolean;
  /** Up to where the shore has what it had to say. */
  readonly marks: ChannelMarks;
  /** Whether it was heard last by a receipt: then its marks come to it by hand alone. */
  readonly isCarried: boolean;
}

/** The deployment in an envelope that was signed here. */
function deploymentIn(envelope: string): Deployment {
  const { payload } = JSON.parse(envelope) as { readonly payload: string };
  return JSON.parse(Buffer.from(payload, 'base64').toString('utf8')) as Deployment;
}

function offerTo(image: Image, device: string): DeviceOffer {
  const { issued, shadow, gist, carried, runs = '' } = image.device(device);
  const envelope = shadow.desiredAt === undefined ? undefined : image.documents.get('envelope', device);
  const common = {
    ...{ device, runs: runs.split(' ').filter((one) => one !== '') },
    ...{ marks: image.marks(device), isCarried: carried !== undefined },
  };
  if (issued === undefined || envelope === undefined) return { ...common, isThere: false };
  const { sequence } = issued;
  const { applications } = deploymentIn(envelope);
  const isThere = gist?.running?.sequence === sequence && gist.phase === 'active';
  return { ...common, offer: { sequence, envelope, applications }, isThere };
}

/** In the order of the devices. */
export async function offersTo(image: Image, devices: readonly string[]): Promise<readonly DeviceOffer[]> {
  await image.documents.bring(devices.map((name) => ({ room: 'envelope', name })));
  return devices.map((device) => offerTo(image, device));
}
