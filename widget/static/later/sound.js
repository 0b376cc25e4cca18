// A soft sound for an answer that nobody looks at. Browsers let nothing sound on a page that nobody has touched.

export const play = () => {
  const context = new AudioContext();
  const volume = new GainNode(context, { gain: 0 });
  volume.connect(context.destination);
  for (const [frequency, start] of [[660, 0], [880, 0.09]]) {
    const tone = new OscillatorNode(context, { frequency });
    tone.connect(volume);
    tone.start(context.currentTime + start);
    tone.stop(context.currentTime + start + 0.22);
    tone.onended = () => start && context.close();
  }
  volume.gain.linearRampToValueAtTime(0.06, context.currentTime + 0.02);
  volume.gain.linearRampToValueAtTime(0, context.currentTime + 0.3);
};
