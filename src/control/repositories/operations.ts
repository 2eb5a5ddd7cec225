import { z } from 'zod';
import { type OwnOperations, ownOperation } from '../own-operation.ts';
import type { ArchiveKnowledge, RepositoryState } from './repositories.ts';

const Nothing = z.object({});

/** The package indexes that the server holds, and a refresh of them. */
export function repositoryOperations(archives: ArchiveKnowledge & { refresh?: () => Promise<void> }): OwnOperations {
  return {
    DescribeRepositories: ownOperation(Nothing, async () => ({
      Repositories: archives.states().map(repositoryOutput),
    })),
    /** Begins one, and does not wait for its end: DescribeRepositories tells. */
    RefreshRepositories: ownOperation(Nothing, async () => {
      // What goes wrong is in the states.
      archives.refresh?.().catch(() => {});
      return {};
    }),
  };
}

function repositoryOutput(state: RepositoryState) {
  return {
    Product: state.product,
    RefreshedAt: state.refreshedAt,
    Failure: state.failure,
    Problems: state.problems.slice(0, 50),
    Indexes: state.indexes.map(({ description, packages }) => ({ Description: description, Packages: packages })),
  };
}
