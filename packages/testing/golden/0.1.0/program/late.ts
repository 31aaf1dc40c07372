export const late = { hits: 1 };
