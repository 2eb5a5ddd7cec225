/** How long an EXPRESS execution may take: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const EXPRESS_MS = 300_000;
