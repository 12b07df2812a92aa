/** Every public type. No code. */
export type * from './types/states';
export type * from './types/handles';
export type * from './types/requests';
export type * from './types/context';
export type * from './types/jobs';
export type * from './types/lookups';
export type * from './types/notes';
export type * from './types/operating';
export type * from './types/schedules';
export type * from './types/dead-letters';
export type * from './types/storage';
export type * from './types/terms';
export type * from './types/relations';
export type * from './types/workflows';
export type * from './types/events';
