import { AppError, messageOf } from '../errors.ts';
import type { WireError } from './protocol.ts';

export function toWireError(error: unknown): WireError {
  if (error instanceof AppError) {
    return { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
  return { code: 'INTERNAL', message: messageOf(error) };
}

export function fromWireError(error: WireError): AppError {
  return new AppError(error.code, error.message, error.hint === undefined ? {} : { hint: error.hint });
}
