// What release 1.1.0 is made of besides index.ts: it tells the speed too.
@global const VERSION: string = '1.1.0';
@global const WITH_SPEED: bool = true;
