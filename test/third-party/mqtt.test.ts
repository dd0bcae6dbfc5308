/** MQTT.js as it is in Node: it takes `ws` itself and `WebSocket.createWebSocketStream`. */
import { testMqtt } from './mqtt.js';

testMqtt('the ws that it finds', {});
