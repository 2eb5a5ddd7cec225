import { kintsugiHome } from '../../control/patch-manager/home.ts';
import { asciiJson } from '../../core/ascii-json.ts';
import { EXIT, type ExitCode } from '../../core/errors.ts';
import { askServer } from '../client/ask-server.ts';
import { type AnsweredExposure, type AnsweredNode, readExposure, readNodes } from '../client/exposure-answer.ts';
import { type ServerProfile, serverProfile } from '../client/profile.ts';
import type { ExposureOptions } from '../commands/server-options.ts';
import { exposureText } from '../formats/exposure-text.ts';
import { paint } from '../style.ts';

const PAGE = 1000;

/** Asks the server which nodes a CVE, an advisory or a package concerns, and prints its answer. */
export async function runExposure(subject: string, options: ExposureOptions): Promise<ExitCode> {
  const profile = serverProfile(kintsugiHome(), process.env);
  const answer = await wholeExposure(profile, subject);
  const nodes = options.all ? await everyNode(profile, subject) : null;
  if (options.json) process.stdout.write(asciiJson({ ...answer, ...(nodes && { Nodes: nodes }) }, false));
  else process.stdout.write(exposureText(answer, nodes, paint(process.stdout)));
  if (answer.Status === 'AFFECTED') return EXIT.nonCompliant;
  return answer.Status === 'UNKNOWN' ? EXIT.unknown : EXIT.ok;
}

async function wholeExposure(profile: ServerProfile, Subject: string): Promise<AnsweredExposure> {
  const first = readExposure(await askServer(profile, 'DescribeExposure', { Subject, MaxResults: PAGE }));
  const Groups = [...first.Groups];
  for (let token = first.NextToken; token !== undefined; ) {
    const next = readExposure(
      await askServer(profile, 'DescribeExposure', { Subject, MaxResults: PAGE, NextToken: token }),
    );
    Groups.push(...next.Groups);
    token = next.NextToken;
  }
  const { NextToken, ...answer } = first;
  return { ...answer, Groups };
}

async function everyNode(profile: ServerProfile, Subject: string): Promise<AnsweredNode[]> {
  const nodes: AnsweredNode[] = [];
  let token: string | undefined;
  do {
    const input = { Subject, Statuses: ['AFFECTED', 'UNKNOWN'], MaxResults: PAGE, ...(token && { NextToken: token }) };
    const page = readNodes(await askServer(profile, 'ListExposedNodes', input));
    nodes.push(...page.Nodes);
    token = page.NextToken;
  } while (token !== undefined);
  return nodes;
}
