// What browsers and newer Nodes bring along and Node 20 does not: a WebSocket.
import { WebSocket } from 'ws';

globalThis.WebSocket ??= WebSocket;
