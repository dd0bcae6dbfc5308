/** MQTT.js as it is in a page: it is given the WHATWG face. */
import { WebSocket } from 'ws/web';
import { testMqtt } from './mqtt.js';

testMqtt('hawser/web', {
  forceNativeWebSocket: true,
  createWebsocket: (url: string, protocols: string[]) => new WebSocket(url, protocols),
});
