/** A service of AWS as the Amazon States Language names it in `arn:aws:states:::aws-sdk:SERVICE:ACTION`. */
export interface AwsService {
  /** The npm package of its client. */
  readonly client: string;
  /** What stands before the dot in the names of its errors: that of AWS's SDK for Java. */
  readonly errors: string;
  /** The class of the errors that its model does not name. */
  readonly generic: string;
}

const service = (client: string, errors: string, generic: string): AwsService => ({
  client: `@aws-sdk/client-${client}`,
  errors,
  generic,
});

export const AWS_SERVICES: Readonly<Record<string, AwsService>> = {
  autoscaling: service('auto-scaling', 'AutoScaling', 'AutoScalingException'),
  cloudwatch: service('cloudwatch', 'CloudWatch', 'CloudWatchException'),
  ec2: service('ec2', 'Ec2', 'Ec2Exception'),
  elasticloadbalancingv2: service(
    'elastic-load-balancing-v2',
    'ElasticLoadBalancingV2',
    'ElasticLoadBalancingV2Exception',
  ),
  sfn: service('sfn', 'Sfn', 'SfnException'),
  ssm: service('ssm', 'Ssm', 'SsmException'),
};
