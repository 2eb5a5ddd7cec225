-- An image that was rejected leaves staging, and the history says why.
ALTER TABLE image_channel_move DROP CONSTRAINT image_channel_move_reason_check;
ALTER TABLE image_channel_move ADD CONSTRAINT image_channel_move_reason_check
  CHECK (reason IN ('registered', 'promoted', 'revoked', 'rejected'));
ALTER TABLE image_channel_move ADD COLUMN note text;

-- answered: somebody ended the task that waited by its token, past ApproveImage and RejectImage.
ALTER TABLE image_approval DROP CONSTRAINT image_approval_decision_check;
ALTER TABLE image_approval ADD CONSTRAINT image_approval_decision_check
  CHECK (decision IN ('approved', 'rejected', 'expired', 'withdrawn', 'revoked', 'answered'));
