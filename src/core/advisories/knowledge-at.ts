import type { Knowledge } from './types.ts';

const DAY = 86_400_000;

/**
 * What was known at `moment`: without the advisories issued and the exploitation noted since. CISA's catalogue is dated
 * by the day, so that of the moment's day counts whole. Scores of EPSS carry no date and are published once a day: they
 * count for a moment of the last 24 hours. A changelog belongs to its version and was always what it is.
 */
export function knowledgeAt(knowledge: Knowledge, moment: Date, now: Date): Knowledge {
  const day = moment.toISOString().slice(0, 10);
  const scoresCount = now.getTime() - moment.getTime() < DAY;
  return {
    fixedBy: (query) => knowledge.fixedBy(query).filter(({ issued }) => !isAfter(issued, moment)),
    changelog: (query) => knowledge.changelog(query),
    exploited: (cve) => {
      const found = knowledge.exploited(cve);
      return found !== null && found.dateAdded <= day ? found : null;
    },
    epss: (cve) => (scoresCount ? knowledge.epss(cve) : null),
  };
}

/** An advisory that does not say when it was issued was always there. */
function isAfter(issued: string | null, moment: Date): boolean {
  return issued !== null && Date.parse(issued) > moment.getTime();
}
