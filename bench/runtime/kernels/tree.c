// A search tree with deletions, its nodes from the C library's heap: a small database in memory.
#include <stdlib.h>
struct Node { unsigned key, priority; int value; struct Node *left, *right; };
static unsigned state = 1;
static unsigned next(void) { state ^= state << 13; state ^= state >> 17; return state ^= state << 5; }
static struct Node *merge(struct Node *a, struct Node *b) {
  if (!a) return b;
  if (!b) return a;
  if (a->priority > b->priority) { a->right = merge(a->right, b); return a; }
  b->left = merge(a, b->left);
  return b;
}
static void split(struct Node *node, unsigned key, struct Node **left, struct Node **right) {
  if (!node) { *left = *right = 0; return; }
  if (node->key < key) { split(node->right, key, &node->right, right); *left = node; }
  else { split(node->left, key, left, &node->left); *right = node; }
}
static int find(const struct Node *node, unsigned key) {
  while (node) { if (node->key == key) return node->value; node = key < node->key ? node->left : node->right; }
  return 0;
}
static void drop(struct Node *node) { if (node) { drop(node->left); drop(node->right); free(node); } }
__attribute__((export_name("run"))) int run(int rounds) {
  int sum = 0;
  for (int r = 0; r < rounds; r++) {
    struct Node *root = 0, *left, *right, *middle;
    for (int i = 0; i < 20000; i++) {
      unsigned key = next() % 30000;
      split(root, key, &left, &right);
      struct Node *node = malloc(sizeof *node);
      *node = (struct Node){key, next(), i, 0, 0};
      root = merge(merge(left, node), right);
      sum += find(root, next() % 30000);
      if (i % 4 == 3) { split(root, key, &left, &right); split(right, key + 1, &middle, &right); drop(middle); root = merge(left, right); }
    }
    drop(root);
  }
  return sum;
}
