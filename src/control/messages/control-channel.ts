/**
 * The other way by which an agent can get messages (ssmmessages, over a web socket) is not offered. An agent asks for it
 * with `POST /v1/control-channel/<instance id>` all the same; answered like this it stays with the message delivery
 * service and asks again now and then, ever more rarely. Anonymous: the answer is the same for everyone.
 */
export const CONTROL_CHANNEL_REFUSAL = {
  method: 'POST',
  path: /^\/v1\/control-channel\/[A-Za-z0-9_:-]{1,128}$/,
  status: 400,
  contentType: 'text/xml',
  body: '<AccessDeniedException><Message>This server delivers messages by ec2messages alone.</Message></AccessDeniedException>',
} as const;
