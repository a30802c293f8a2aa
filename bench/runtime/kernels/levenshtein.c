// How far words are from each other, by the table of the distances of their beginnings.
#include <string.h>
static char words[60][24];
static int least(int a, int b) { return a < b ? a : b; }
static int distance(const char *a, const char *b) {
  int row[32];
  int columns = strlen(b);
  for (int j = 0; j <= columns; j++) row[j] = j;
  for (int i = 1; *a; a++, i++) {
    int diagonal = row[0];
    row[0] = i;
    for (int j = 1; j <= columns; j++) {
      int above = row[j];
      row[j] = least(least(above, row[j - 1]) + 1, diagonal + (*a != b[j - 1]));
      diagonal = above;
    }
  }
  return row[columns];
}
__attribute__((export_name("run"))) int run(int rounds) {
  unsigned seed = 7;
  for (int i = 0; i < 60; i++) {
    int length = 4 + i % 19;
    for (int j = 0; j < length; j++) words[i][j] = 'a' + (seed = seed * 1103515245 + 12345) / 65536 % 26;
    words[i][length] = 0;
  }
  int sum = 0;
  for (int r = 0; r < rounds; r++)
    for (int i = 0; i < 60; i++)
      for (int j = 0; j < i; j++) sum += distance(words[i], words[j]);
  return sum;
}
