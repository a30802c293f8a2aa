// AssemblyScript: objects on its garbage-collected heap, strings, a map, virtual calls.
abstract class Shape {
  abstract area(): f64;
}
class Circle extends Shape {
  constructor(public radius: f64) {
    super();
  }
  area(): f64 {
    return Math.PI * this.radius * this.radius;
  }
}
class Box extends Shape {
  constructor(
    public width: f64,
    public height: f64,
  ) {
    super();
  }
  area(): f64 {
    return this.width * this.height;
  }
}
export function run(rounds: i32): i32 {
  let sum = 0.0;
  for (let r = 0; r < rounds; r++) {
    const counts = new Map<string, i32>();
    for (let i = 0; i < 2000; i++) {
      const shape: Shape = i % 3 == 0 ? new Circle(i) : new Box(i, r);
      sum += shape.area() * 1e-6;
      const key = 'key' + (i % 50).toString();
      counts.set(key, counts.has(key) ? counts.get(key) + 1 : 1);
    }
    sum += counts.get('key7');
  }
  return sum as i32;
}
