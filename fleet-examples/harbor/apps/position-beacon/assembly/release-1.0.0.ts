// What release 1.0.0 is made of besides index.ts.
@global const VERSION: string = '1.0.0';
@global const WITH_SPEED: bool = false;
