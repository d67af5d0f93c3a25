/**
 * Types without any effect on one machine: logs and alarms, which are on the screen; topics, which nothing here publishes
 * to; identities of senders and names of domains, which nobody has to prove.
 */
export const idleKinds = [
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SNS::Subscription',
  'AWS::Logs::LogGroup',
  'AWS::Logs::MetricFilter',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::SES::EmailIdentity',
  'AWS::ApiGatewayV2::DomainName',
  'AWS::ApiGatewayV2::ApiMapping',
  'AWS::CDK::Metadata',
];
