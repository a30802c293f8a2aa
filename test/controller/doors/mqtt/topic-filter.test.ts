import test from 'ava';
import { topicMatches } from '../../../../controller/doors/mqtt/topic-filter.ts';

test('filters match topics as MQTT has it', (t) => {
  const cases: [string, string, boolean][] = [
    ['a/b', 'a/b', true],
    ['a/+', 'a/b', true],
    ['a/+', 'a/b/c', false],
    ['a/+/c', 'a/b/c', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'a', true],
    ['a/b/c', 'a/b', false],
    ['#', '$aws/a', false],
    ['+/a', '$aws/a', false],
    ['$aws/+/get', '$aws/x/get', true],
  ];
  for (const [filter, topic, expected] of cases) t.is(topicMatches(filter, topic), expected, `${filter} ${topic}`);
});
